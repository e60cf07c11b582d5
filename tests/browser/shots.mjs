import { chromium } from "@playwright/test";
import { readdirSync, statSync, mkdirSync } from "node:fs";
import { join } from "node:path";
const [,, what, outDir, modes="dark1280,light320", ...screens] = process.argv;
mkdirSync(outDir,{recursive:true});
const args=["--no-sandbox","--disable-gpu","--disable-quic","--no-first-run"];
const browser=await chromium.launch({executablePath:"/usr/bin/chromium",args});
const page=await browser.newPage({viewport:{width:1280,height:900}});
page.on("pageerror",e=>console.log("ERR",e.message)); page.on("console",m=>{if(m.type()==="error")console.log("console",m.text())});
await page.goto("file:///work/main/dist/lacuna.html");
const walk=(d)=>readdirSync(d).flatMap(n=>{const p=join(d,n);return statSync(p).isDirectory()?walk(p):[p]});
await page.waitForFunction(()=>document.getElementById("app")?.childElementCount>0);
if(what==="sample") await page.getByRole("button",{name:"Open the sample"}).click();
else await page.locator("input[type=file]").first().setInputFiles(what.split(",").flatMap(w=>statSync(w).isDirectory()?walk(w):[w]));
await page.locator(".rail").waitFor({timeout:120000});
for(const s of screens){
  const [hash,name]=s.split("=>");
  await page.setViewportSize({width:1280,height:900});
  await page.evaluate(h=>location.hash="#/v1/"+h,hash); await page.waitForTimeout(900);
  for(const m of modes.split(",")){
    const [scheme,w]=[m.replace(/\d+/,""),Number(m.match(/\d+/)[0])];
    await page.emulateMedia({colorScheme:scheme}); await page.setViewportSize({width:w,height:900}); await page.waitForTimeout(350);
    const h=await page.evaluate(()=>document.documentElement.scrollHeight);
    await page.screenshot({path:`${outDir}/${(name??hash).replace(/\W+/g,"_")}-${m}.png`,fullPage:true,clip:{x:0,y:0,width:w,height:Math.min(h,w<500?2600:1500)}});
  }
}
await browser.close();
